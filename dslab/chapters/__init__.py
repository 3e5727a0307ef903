"""What each chapter brings: its exercises, and protocols with one planted bug each."""
