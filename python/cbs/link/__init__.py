"""Links to card networks: sockets, link state, lanes, deadlines. Runs on any event loop."""
