"""What the cards of each family say."""
