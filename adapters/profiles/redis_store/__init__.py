"""Parts of the profiles in Redis; `redis_profiles` puts them together."""
