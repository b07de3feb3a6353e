"""The Marketplace: published models, who serves them, and where what they earn goes."""
