"""Who is whom: partners' tokens, hashes of addresses, and which ids are the same person's."""
