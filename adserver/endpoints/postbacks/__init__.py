"""What others tell of applications that people installed and used: Apple, and attribution partners."""
