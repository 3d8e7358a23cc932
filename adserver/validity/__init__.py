"""Whether requests, impressions and clicks come from people: pure judging, no clock and no network."""
