"""Protocols with one planted bug each: course content, and the yardstick of every grader."""
