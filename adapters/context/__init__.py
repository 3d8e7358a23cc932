"""What is known of where a request comes from: crawlers and networks."""
