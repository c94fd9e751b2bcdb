"""What stands on the wire: Structs of objects, activities and collections, and the strict reader in front of them."""
