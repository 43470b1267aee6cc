#include "work/strand.h"

void strand_push(strand *s, job *j) {
  j->next = NULL;
  j->prev = s->tail;
  if (s->tail)
    s->tail->next = j;
  else
    s->head = j;
  s->tail = j;
  s->waiting++;
}

void strand_unlink(strand *s, job *j) {
  if (j->prev)
    j->prev->next = j->next;
  else
    s->head = j->next;
  if (j->next)
    j->next->prev = j->prev;
  else
    s->tail = j->prev;
  j->prev = j->next = NULL;
  s->waiting--;
}
