"""The market: people, places, rivals and their laws, none of which a bidder ever sees."""
