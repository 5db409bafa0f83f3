"""Side-by-side measurements, run by hand. Figures of one run compare; figures of two runs do not."""
