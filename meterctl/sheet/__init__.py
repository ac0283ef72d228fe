"""Delivery to a Google Sheet: what a row is and where it belongs; the only home of gspread."""
