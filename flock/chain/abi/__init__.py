"""The contracts' interfaces and bytecode, compiled from contracts/src by `flock chain compile`."""
