"""An advertiser's own customers, as far as they agreed."""
