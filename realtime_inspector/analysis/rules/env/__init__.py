"""The envelope: names of events, their fields, their ids."""
