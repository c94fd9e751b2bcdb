"""What readers and machines subscribe to: any list as RSS 2.0, Atom or JSON Feed."""
