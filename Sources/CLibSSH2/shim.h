#pragma once
#include <libssh2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

// TCP_INFO's struct is declared by two headers of Linux, which can't both be imported into Swift.
// Milliseconds since data last arrived on the socket; -1 when the kernel does not say.
static inline long sshshim_quiet_milliseconds(int socket) {
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size)) return -1;
    return info.tcpi_last_data_recv;
}
