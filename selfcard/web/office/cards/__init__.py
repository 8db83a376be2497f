"""Pages of document types, printers and batches."""
