"""Servers of other make, written from their public documents: own signatures, own web server, nothing of the program under test."""
