// What fan-out costs at the least: accept, and one write(2) of the same bytes to each.
// server ws|sse MESSAGE: writes `port N`, then sends MESSAGE to all for each line on stdin, until stdin ends.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 70000 };

static int subscribed[MOST];
static int subscribers;

// The answer to the one key that client.c sends, which is RFC 6455's example.
static const char upgrade[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
static const char stream[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

int main(int count, char **given) {
  if (count != 3) return 1;
  int is_ws = strcmp(given[1], "ws") == 0;
  const char *head = is_ws ? upgrade : stream;
  size_t length = strlen(given[2]), start = 0;
  uint8_t *frame = malloc(length + 4);
  if (is_ws) {
    if (length < 126 || length > 65535) return 1;
    frame[0] = 0x81;
    frame[1] = 126;
    frame[2] = length >> 8;
    frame[3] = length & 255;
    start = 4;
  }
  memcpy(frame + start, given[2], length);
  length += start;

  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 4096) < 0) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("port %d\n", ntohs(address.sin_port));
  fflush(stdout);

  int epoll = epoll_create1(0);
  epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &(struct epoll_event){ .events = EPOLLIN, .data.fd = 0 });
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &(struct epoll_event){ .events = EPOLLIN, .data.fd = listener });
  static struct epoll_event events[1024];
  static char buffer[65536];
  for (;;) {
    int some = epoll_wait(epoll, events, 1024, -1);
    for (int i = 0; i < some; i++) {
      int fd = events[i].data.fd;
      if (fd == 0) {
        ssize_t got = read(0, buffer, sizeof buffer);
        if (got <= 0) return 0;
        for (ssize_t at = 0; at < got; at++) {
          if (buffer[at] != '\n') continue;
          for (int one = 0; one < subscribers; one++) {
            if (write(subscribed[one], frame, length) != (ssize_t)length) perror("write");
          }
        }
      } else if (fd == listener) {
        int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (accepted < 0) continue;
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
        epoll_ctl(epoll, EPOLL_CTL_ADD, accepted, &(struct epoll_event){ .events = EPOLLIN, .data.fd = accepted });
      } else if (read(fd, buffer, sizeof buffer) > 0) {
        // Subscribers say nothing but their request, which comes in one piece.
        if (subscribers < MOST && write(fd, head, strlen(head)) > 0) subscribed[subscribers++] = fd;
      } else {
        close(fd);
      }
    }
  }
}
