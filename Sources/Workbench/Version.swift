/// The program's version, as runs in a store carry it.
public let warblerVersion = "0.3.0"
