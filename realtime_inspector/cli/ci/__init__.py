"""What was checked, and the formats in which continuous integration wants to hear of it."""
