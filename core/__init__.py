"""The product's heart: domain, services, ports and the adapters that bootstrap wires in."""
