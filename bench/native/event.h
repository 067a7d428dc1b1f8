// A real event in the map shape that holds its round number and its send time.
#ifndef EVENT_H
#define EVENT_H

#include <stdint.h>
#include <string.h>

#include "timing.h"

enum { ROUND_DIGITS = 8, TIME_DIGITS = 16, SMALLEST_EVENT = 136, LARGEST_EVENT = 65536 };

// The bytes before the row. The row is a JSON text after a two-byte length.
#define EVENT_HEAD                                                                             \
  "\x85\xa5table\xa5lport\xa3key\xda\0\x24" "6f9f3e1a-0c59-4c4b-9a5e-4d0e5a1f0001\xa6" "action" \
  "\xa6" "create\xa5value\xda"
#define EVENT_TAIL "\"}\xa5topic\xa1" "D"
#define ROW_HEAD "{\"round\":\""
#define ROW_TIME "\",\"sent\":\""
#define ROW_REST "\",\"name\":\""

#define SIZE(literal) (sizeof(literal) - 1)
enum {
  ROW_AT = SIZE(EVENT_HEAD) + 2,
  ROUND_AT = ROW_AT + SIZE(ROW_HEAD),
  TIME_AT = ROUND_AT + ROUND_DIGITS + SIZE(ROW_TIME),
  NAME_AT = TIME_AT + TIME_DIGITS + SIZE(ROW_REST),
};

static inline void put_hex(char *at, int digits, uint64_t value) {
  for (int i = digits - 1; i >= 0; i--, value >>= 4) at[i] = "0123456789abcdef"[value & 15];
}

static inline uint64_t get_hex(const char *at, int digits) {
  uint64_t value = 0;
  for (int i = 0; i < digits; i++) {
    value = value << 4 | (uint64_t)(at[i] <= '9' ? at[i] - '0' : at[i] - 'a' + 10);
  }
  return value;
}

// The topic of an event or a subscriber that uses the topics in turn. No topic is a prefix of another.
enum { TOPIC_SIZE = 8 };
static inline size_t put_topic(char topic[TOPIC_SIZE], size_t index, size_t topics) {
  topic[0] = 'D';
  if (topics == 1) return 1;
  put_hex(topic + 1, TOPIC_SIZE - 1, index % topics);
  return TOPIC_SIZE;
}

// Fills `size` bytes; padding in the row's name takes the remaining bytes.
static inline void make_event(char *event, size_t size) {
  size_t tail = size - SIZE(EVENT_TAIL);
  size_t row = tail + 2 - ROW_AT;
  memset(event, 'x', size);
  memcpy(event, EVENT_HEAD, SIZE(EVENT_HEAD));
  event[ROW_AT - 2] = (char)(row >> 8);
  event[ROW_AT - 1] = (char)row;
  memcpy(event + ROW_AT, ROW_HEAD, SIZE(ROW_HEAD));
  memcpy(event + ROUND_AT + ROUND_DIGITS, ROW_TIME, SIZE(ROW_TIME));
  memcpy(event + TIME_AT + TIME_DIGITS, ROW_REST, SIZE(ROW_REST));
  memcpy(event + tail, EVENT_TAIL, SIZE(EVENT_TAIL));
}

// Writes the round and the current time into an event.
static inline void stamp_event(char *event, uint64_t round) {
  put_hex(event + ROUND_AT, ROUND_DIGITS, round);
  put_hex(event + TIME_AT, TIME_DIGITS, now_ns());
}

#endif
