"""What it takes to win: the minimum to win, learned from won and lost bids, and the price that follows from it."""
