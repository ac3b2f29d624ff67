"""Links to card networks: sockets, link state, lanes, deadlines. The only user of uvloop."""
