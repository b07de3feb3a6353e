"""The app that ``flock new app`` writes: these modules are copied as they are, and import nothing of flock."""
