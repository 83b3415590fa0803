"""The commands, a module each: options here, the work in the module that each one calls."""
