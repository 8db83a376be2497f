"""The desk: activating a card for somebody who calls or stands at a counter."""
