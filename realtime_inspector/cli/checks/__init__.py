"""What `doctor` looks at, one subject a module; each check returns one line. None changes anything on the machine."""
