"""Who may sell what: ads.txt, sellers.json and supply chains, read and judged; pure but for what it is handed."""
