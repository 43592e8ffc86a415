// SPDX-License-Identifier: MIT

#include "errands.h"

#include "guest.h"

#include <sys/eventfd.h>

void guest_list_add(struct guest_list *list, struct guest *guest)
{
    guest->next = NULL;
    guest->before = list->last;
    *(list->last ? &list->last->next : &list->first) = guest;
    list->last = guest;
}

void guest_list_remove(struct guest_list *list, struct guest *guest)
{
    *(guest->before ? &guest->before->next : &list->first) = guest->next;
    *(guest->next ? &guest->next->before : &list->last) = guest->before;
    guest->next = guest->before = NULL;
}

// ---------------------------------------------------------------- to front

bool errands_put(struct guests *all, struct guest *guest, unsigned errands)
{
    bool in_list = guest->errands != 0;
    guest->errands = (uint8_t)(guest->errands | errands);
    if (in_list)
        return false;
    guest->link = NULL;
    bool first = !all->errands.first;
    *(first ? &all->errands.first : &all->errands.last->link) = guest;
    all->errands.last = guest;
    if (first)
        atomic_store(&all->busy, true);
    return first;
}

void errands_wake(struct guests *all)
{
    // Full means that a wake-up is due anyway.
    (void)eventfd_write(all->wake_fd, 1);
}

void errands_give(struct guest *guest, unsigned errands)
{
    struct guests *all = guest_all(guest);
    pthread_mutex_lock(&all->lock);
    bool first = errands_put(all, guest, errands);
    pthread_mutex_unlock(&all->lock);
    if (first)
        errands_wake(all);
}

size_t errands_take(struct guests *all, struct errand_of out[], size_t max)
{
    size_t count = 0;
    pthread_mutex_lock(&all->lock);
    while (count < max && all->errands.first) {
        struct guest *guest = all->errands.first;
        out[count++] = (struct errand_of){ guest, guest->errands };
        guest->errands = 0;
        all->errands.first = guest->link;
    }
    if (!all->errands.first)
        atomic_store(&all->busy, false);
    pthread_mutex_unlock(&all->lock);
    return count;
}

// ---------------------------------------------------------------- to others

bool errands_list(struct guest *guest)
{
    struct guests *all = guest_all(guest);
    bool due = guest->phase == GUEST_HELD && guest->owner && guest->news;
    if (!due || guest->listed)
        return false;
    guest_list_add(&all->news, guest);
    guest->listed = true;
    return all->news.first == guest;
}

void errands_unlist(struct guest *guest)
{
    struct guests *all = guest_all(guest);
    if (!guest->listed)
        return;
    guest_list_remove(guest->phase == GUEST_ASKED ? &all->gone : &all->news,
                      guest);
    guest->listed = false;
}

void errands_tell(struct guest *guest, unsigned news)
{
    struct guests *all = guest_all(guest);
    pthread_mutex_lock(&all->lock);
    bool wake = false;
    if (guest->phase == GUEST_HELD) {
        guest->news = (uint8_t)(guest->news | news);
        wake = errands_list(guest);
    }
    pthread_mutex_unlock(&all->lock);
    if (wake && all->options.wake)
        all->options.wake(all->options.context);
}
