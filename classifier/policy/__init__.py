"""What regulators and house rules say of claims, as data."""
