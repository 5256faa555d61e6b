/* How often each function of the pretended driver was called, for the test that asks. */
#include "pretended.h"

#include <pthread.h>
#include <string.h>

static struct calls *all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void called(struct calls *calls, int waits) {
    pthread_mutex_lock(&lock);
    if (!calls->known) {
        calls->known = 1;
        calls->next = all;
        all = calls;
    }
    calls->count++;
    calls->waited += waits;
    pthread_mutex_unlock(&lock);
}

/* The number-th function that was ever called; 0 after the last. */
int pretended_calls(int number, const char **name, long *count, long *waited) {
    pthread_mutex_lock(&lock);
    struct calls *calls = all;
    while (calls && number-- > 0) calls = calls->next;
    if (calls) {
        *name = calls->name;
        *count = calls->count;
        *waited = calls->waited;
    }
    pthread_mutex_unlock(&lock);
    return calls != NULL;
}

void pretended_reset(void) {
    pthread_mutex_lock(&lock);
    for (struct calls *calls = all; calls; calls = calls->next) calls->count = calls->waited = 0;
    pthread_mutex_unlock(&lock);
}
