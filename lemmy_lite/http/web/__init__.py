"""The web site: pages that work by plain links and forms; README.md is the table of pages."""
