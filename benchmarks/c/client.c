// Thousands of subscribers in one process: does the handshake, answers pings, counts messages. Its own cost is nobody's.
// client PORT PATH KIND, KIND being ws, sse or socketio. Commands on stdin, answers on stdout, one a line:
//   connect N MS FIRST   N more, spread over MS (0: no more than 128 at a time); FIRST 1: each is there once it has had
//                        its first message -> connected TOTAL MS-IT-TOOK LOST
//   count                -> count BIG LOST BYTES-OF-THE-LAST-BIG
//   wait N               -> got N, as soon as N big messages (of 400 bytes or more) have come in all
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { HEAD, FRAME, PAYLOAD, EVENTS };
enum { BIG = 400, MOST = 60000, AT_A_TIME = 128 };

struct conn {
  int fd;
  uint8_t state, matched, have, asked, ready, newlines, opcode, seen;
  uint8_t head[16];
  uint64_t length, left;
};

static struct conn conns[MOST];
static int epoll, port, is_sse, is_socketio, made, target, ready, lost, needs_first, over;
static double began;
static uint64_t big, waiting, last_size;
static char request[1024];
static size_t request_length;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void lose(struct conn *c) {
  if (c->fd < 0) return;
  close(c->fd);
  c->fd = -1;
  lost++;
}

static void say(struct conn *c, const char *bytes, size_t length) {
  if (send(c->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) lose(c);
}

static void is_ready(struct conn *c) {
  if (c->ready) return;
  c->ready = 1;
  ready++;
}

static void got(uint64_t size) {
  if (size < BIG) return;
  big++;
  last_size = size;
}

// A whole message has come.
static void message(struct conn *c) {
  if (c->opcode == 9) return say(c, "\x8a\x80\0\0\0\0", 6);
  if (c->opcode == 8) return lose(c);
  if (c->opcode != 1 && c->opcode != 2) return;
  if (is_socketio) {
    // Engine.IO: 0 is its welcome, to which 40 joins the namespace; 2 is its ping, 3 the answer.
    if (c->seen == '0') return say(c, "\x81\x82\0\0\0\0" "40", 8);
    if (c->seen == '2') return say(c, "\x81\x81\0\0\0\0" "3", 7);
  }
  got(c->length);
  is_ready(c);
}

static void take(struct conn *c, const uint8_t *at, size_t length) {
  const uint8_t *end = at + length;
  while (at < end && c->fd >= 0) {
    if (c->state == HEAD) {
      static const char last[] = "\r\n\r\n";
      uint8_t byte = *at++;
      if (c->have < 12) c->head[c->have++] = byte;
      c->matched = byte == last[c->matched] ? c->matched + 1 : byte == '\r';
      if (c->matched < 4) continue;
      if (memcmp(c->head + 9, is_sse ? "200" : "101", 3) != 0) return lose(c);
      c->state = is_sse ? EVENTS : FRAME;
      c->have = 0;
      c->length = 0;
      if (!needs_first && !is_socketio) is_ready(c);
    } else if (c->state == FRAME) {
      c->head[c->have++] = *at++;
      if (c->have < 2) continue;
      int small = c->head[1] & 127, more = small == 126 ? 2 : small == 127 ? 8 : 0;
      if (c->have < 2 + more) continue;
      c->length = more == 0 ? small : 0;
      for (int i = 0; i < more; i++) c->length = c->length << 8 | c->head[2 + i];
      c->left = c->length;
      c->opcode = c->head[0] & 15;
      c->have = 0;
      c->seen = 0;
      if (c->length == 0) message(c);
      else c->state = PAYLOAD;
    } else if (c->state == PAYLOAD) {
      if (c->left == c->length) c->seen = *at;
      uint64_t part = c->left < (uint64_t)(end - at) ? c->left : (uint64_t)(end - at);
      at += part;
      c->left -= part;
      if (c->left > 0) continue;
      c->state = FRAME;
      message(c);
    } else {
      // An event ends with an empty line; what chunks put in between counts as its bytes.
      uint8_t byte = *at++;
      c->length++;
      if (byte != '\n') { c->newlines = 0; continue; }
      if (++c->newlines < 2) continue;
      got(c->length);
      if (c->length > 20) is_ready(c);
      c->length = 0;
      c->newlines = 0;
    }
  }
}

static void add(void) {
  struct conn *c = &conns[made++];
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  memset(c, 0, sizeof *c);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) { lost++; return; }
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) return lose(c);
  struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = c };
  epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
}

static void happens(struct conn *c, uint32_t events) {
  static uint8_t buffer[65536];
  if (c->fd < 0) return;
  if ((events & EPOLLOUT) && !c->asked) {
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
    epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event);
    c->asked = 1;
    say(c, request, request_length);
  }
  if (c->fd < 0 || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
  ssize_t length = recv(c->fd, buffer, sizeof buffer, 0);
  if (length > 0) return take(c, buffer, length);
  if (length == 0 || (errno != EAGAIN && errno != EINTR)) lose(c);
}

static int connecting;

static void command(const char *line) {
  int n;
  unsigned long long total;
  if (sscanf(line, "connect %d %d %d", &n, &over, &needs_first) == 3) {
    connecting = n;
    target = made + n > MOST ? MOST : made + n;
    began = now();
  } else if (sscanf(line, "wait %llu", &total) == 1) {
    waiting = total;
  } else if (strncmp(line, "count", 5) == 0) {
    printf("count %llu %d %llu\n", (unsigned long long)big, lost, (unsigned long long)last_size);
  }
}

static void read_commands(void) {
  static char buffer[4096];
  static size_t have;
  ssize_t length = read(0, buffer + have, sizeof buffer - have - 1);
  if (length <= 0) exit(0);
  have += length;
  char *end;
  buffer[have] = 0;
  while ((end = strchr(buffer, '\n')) != NULL) {
    *end = 0;
    command(buffer);
    have -= end + 1 - buffer;
    memmove(buffer, end + 1, have + 1);
  }
}

int main(int count, char **given) {
  if (count != 4) return 1;
  port = atoi(given[1]);
  is_sse = strcmp(given[3], "sse") == 0;
  is_socketio = strcmp(given[3], "socketio") == 0;
  request_length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n", given[2], port,
    is_sse
      ? "Accept: text/event-stream\r\n"
      : "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  setvbuf(stdout, NULL, _IOLBF, 0);
  epoll = epoll_create1(0);
  struct epoll_event stdin_event = { .events = EPOLLIN, .data.ptr = NULL };
  epoll_ctl(epoll, EPOLL_CTL_ADD, 0, &stdin_event);
  static struct epoll_event events[1024];
  for (;;) {
    int busy = connecting > 0;
    int some = epoll_wait(epoll, events, 1024, busy ? 1 : -1);
    for (int i = 0; i < some; i++) {
      if (events[i].data.ptr == NULL) read_commands();
      else happens(events[i].data.ptr, events[i].events);
    }
    if (connecting > 0) {
      double due = over > 0 ? target - connecting + connecting * (now() - began) / over : ready + lost + AT_A_TIME;
      while (made < target && made < due) add();
      if (made == target && ready + lost >= target) {
        connecting = 0;
        printf("connected %d %.0f %d\n", ready, now() - began, lost);
      }
    }
    if (waiting > 0 && big >= waiting) {
      printf("got %llu\n", (unsigned long long)big);
      waiting = 0;
    }
  }
}
