"""A full house on the first day: what was said in a community before anybody here followed it, or while this machine was switched off.

`front` what belongs to the community itself · `sources` pages of its posts, newest first · `listings` `collections` how peers list things
· `taking` one listed thing into a row · `threads` the comments of a post · `walk` page by page · `filling` the persistent work
· `opened` a thread that somebody looks at · `account` `polite` what all of it may cost, and whom.

Whatever a peer lists is a hint of where to look: a thing is believed at its own id, or from the document of its own host.
"""
