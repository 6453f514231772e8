#ifndef POD_ADDRESS_H
#define POD_ADDRESS_H

/// Loaded into a program with LD_PRELOAD, gives it the network of a pod without a network namespace: `$POD_NETWORK_IP`,
/// an address of 127.0.0.0/8, is where it listens when it asks for every address or for the loopback one, and where it
/// connects when it asks for a port of the loopback address below the ephemeral ones, and where its TCP connections
/// within this machine come from; a socket of the abstract namespace is its own as well. So several "pods" of one machine
/// listen on the same ports, and no privilege is needed. `$POD_HOSTS_FILE` stands in for `/etc/hosts`, so that the names
/// of a cluster lead to addresses of this machine.

/// The first port that is the machine's own: `net.ipv4.ip_local_port_range` begins there by default.
#define POD_ADDRESS_FIRST_EPHEMERAL_PORT 32768

#endif
