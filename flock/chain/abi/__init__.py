"""The contracts' interfaces and bytecode, compiled from contracts/src and committed (`flock chain compile`)."""
