"""What people can see, decide and have deleted: public pages, and the same as an API."""
