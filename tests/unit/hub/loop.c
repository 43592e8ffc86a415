// SPDX-License-Identifier: MIT

#include "hub/loop.h"

#include "hub/log.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

// A source whose step does what the test of the moment wants.
struct probe {
    struct loop *loop;
    int steps;
    int64_t patience;
    int64_t first_mono, last_mono;
    atomic_int flag;
    int done, signals;
    pthread_t thread;
    bool (*act)(struct probe *probe);
};

static bool step(void *self, struct moment now)
{
    struct probe *probe = self;
    if (probe->steps++ == 0)
        probe->first_mono = now.mono;
    probe->last_mono = now.mono;
    return probe->act(probe);
}

static int64_t patience(void *self, struct moment now)
{
    (void)now;
    return ((struct probe *)self)->patience;
}

static void run(struct probe *probe, void (*stopping)(void *context),
                void (*reload)(void *context))
{
    probe->loop = loop_open();
    assert_non_null(probe->loop);
    loop_add(probe->loop, &(struct source){
                              .name = "probe",
                              .self = probe,
                              .step = step,
                              .patience = patience,
                          });
    loop_run(probe->loop, stopping, reload, probe);
}

static bool stop_when_flagged(struct probe *probe)
{
    if (atomic_load(&probe->flag))
        loop_stop(probe->loop);
    return false;
}

static void *wake_from_outside(void *context)
{
    struct probe *probe = context;
    atomic_store(&probe->flag, 1);
    loop_wake(probe->loop);
    return NULL;
}

static bool start_thread_then_wait(struct probe *probe)
{
    if (probe->steps == 1) {
        assert_int_equal(
            pthread_create(&probe->thread, NULL, wake_from_outside, probe), 0);
    }
    return stop_when_flagged(probe);
}

static void another_thread_wakes_a_loop_with_endless_patience(void **state)
{
    struct probe probe = { .act = start_thread_then_wait,
                           .patience = LOOP_FOR_EVER };
    run(&probe, NULL, NULL);
    assert_true(probe.steps >= 1);
    pthread_join(probe.thread, NULL);
    loop_close(probe.loop);
    (void)state;
}

static bool stop_at_third(struct probe *probe)
{
    if (probe->steps == 3)
        loop_stop(probe->loop);
    return false;
}

static void a_turn_follows_when_patience_is_over(void **state)
{
    struct probe probe = { .act = stop_at_third, .patience = 20 };
    run(&probe, NULL, NULL);
    assert_int_equal(probe.steps, 3);
    // Two waits of 20 ms; the clocks are cut to milliseconds.
    assert_true(probe.last_mono - probe.first_mono >= 38);
    loop_close(probe.loop);
    (void)state;
}

static bool more_until_hundredth(struct probe *probe)
{
    if (probe->steps == 100)
        loop_stop(probe->loop);
    return true;
}

static void more_to_do_needs_no_patience(void **state)
{
    struct probe probe = { .act = more_until_hundredth,
                           .patience = LOOP_FOR_EVER };
    run(&probe, NULL, NULL);
    assert_int_equal(probe.steps, 100);
    loop_close(probe.loop);
    (void)state;
}

static bool always_more(struct probe *probe)
{
    if (probe->steps == 1)
        raise(SIGTERM);
    return true;
}

static void stop_on_signal(void *context)
{
    struct probe *probe = context;
    probe->signals++;
    loop_stop(probe->loop);
}

static void work_without_end_does_not_starve_signals(void **state)
{
    struct probe probe = { .act = always_more, .patience = LOOP_FOR_EVER };
    run(&probe, stop_on_signal, NULL);
    assert_int_equal(probe.signals, 1);
    loop_close(probe.loop);
    (void)state;
}

static void count_reload(void *context)
{
    struct probe *probe = context;
    probe->done++;
    raise(SIGINT);
}

static bool raise_hangup_once(struct probe *probe)
{
    if (probe->steps == 1)
        raise(SIGHUP);
    return false;
}

static bool nothing_to_do(struct probe *probe)
{
    (void)probe;
    return false;
}

static void a_signal_before_the_loop_runs_stops_it(void **state)
{
    struct probe probe = { .act = nothing_to_do, .patience = LOOP_FOR_EVER };
    probe.loop = loop_open();
    assert_non_null(probe.loop);
    loop_add(probe.loop, &(struct source){
                             .name = "probe",
                             .self = &probe,
                             .step = step,
                             .patience = patience,
                         });
    loop_hold_signals();
    raise(SIGTERM);
    loop_run(probe.loop, stop_on_signal, NULL, &probe);
    assert_int_equal(probe.signals, 1);
    loop_close(probe.loop);
    (void)state;
}

static void hangup_reloads_and_interrupt_stops(void **state)
{
    struct probe probe = { .act = raise_hangup_once,
                           .patience = LOOP_FOR_EVER };
    run(&probe, stop_on_signal, count_reload);
    assert_int_equal(probe.done, 1);
    assert_int_equal(probe.signals, 1);
    loop_close(probe.loop);
    (void)state;
}

static void ignore_then_raise_again(void *context)
{
    (void)context;
    raise(SIGTERM);
}

static void a_second_signal_ends_the_process_at_once(void **state)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct probe probe = { .act = always_more };
        run(&probe, ignore_then_raise_again, NULL);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGTERM);
    (void)state;
}

struct errand {
    struct probe *probe;
    pthread_t worker;
    int steps_at_start;
};

static void note_worker(void *context)
{
    struct errand *errand = context;
    errand->worker = pthread_self();
}

static void note_done(void *context)
{
    struct errand *errand = context;
    assert_true(errand->probe->steps >= errand->steps_at_start);
    errand->probe->done++;
    atomic_store(&errand->probe->flag, 1);
}

static struct errand errand;

static bool send_errand(struct probe *probe)
{
    if (probe->steps == 1) {
        errand = (struct errand){ .probe = probe, .steps_at_start = 1 };
        assert_true(loop_job(probe->loop, note_worker, note_done, &errand));
        assert_int_equal(probe->done, 0);
    }
    return stop_when_flagged(probe);
}

static void a_job_runs_elsewhere_and_ends_here(void **state)
{
    struct probe probe = { .act = send_errand, .patience = LOOP_FOR_EVER };
    run(&probe, NULL, NULL);
    assert_int_equal(probe.done, 1);
    assert_false(pthread_equal(errand.worker, pthread_self()));
    loop_close(probe.loop);
    (void)state;
}

static void do_nothing(void *context)
{
    (void)context;
}

static bool send_errands_and_stop(struct probe *probe)
{
    for (int i = 0; i < 20; i++)
        assert_true(loop_job(probe->loop, do_nothing, note_done, &errand));
    loop_stop(probe->loop);
    return false;
}

static void jobs_under_way_end_before_the_loop_returns(void **state)
{
    struct probe probe = { .act = send_errands_and_stop,
                           .patience = LOOP_FOR_EVER };
    errand = (struct errand){ .probe = &probe };
    run(&probe, NULL, NULL);
    assert_int_equal(probe.done, 20);
    loop_close(probe.loop);
    (void)state;
}

static bool be_slow_once(struct probe *probe)
{
    int64_t end = loop_now().mono + 12;
    while (probe->steps == 1 && loop_now().mono <= end)
        continue;
    if (probe->steps == 2)
        loop_stop(probe->loop);
    return true;
}

static bool be_slow_often(struct probe *probe)
{
    int64_t end = loop_now().mono + 12;
    while (probe->steps <= 10 && loop_now().mono <= end)
        continue;
    if (probe->steps == 11)
        loop_stop(probe->loop);
    return true;
}

static void many_slow_steps_make_few_lines(void **state)
{
    char text[8192];
    int ends[2], saved = dup(STDERR_FILENO);
    struct probe probe = { .act = be_slow_often };
    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    dup2(ends[1], STDERR_FILENO);
    int64_t began = loop_now().mono;
    run(&probe, NULL, NULL);
    int64_t seconds = (loop_now().mono - began) / 1000;
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    assert_true(loop_slow_steps(probe.loop) >= 10);
    ssize_t len = read(ends[0], text, sizeof text);
    close(ends[0]);
    int64_t lines = 0;
    for (ssize_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    assert_true(lines >= 1 && lines <= 1 + seconds);
    loop_close(probe.loop);
}

static void a_slow_step_is_counted(void **state)
{
    log_setup(LOG_ERROR, false);
    struct probe probe = { .act = be_slow_once };
    run(&probe, NULL, NULL);
    assert_true(loop_slow_steps(probe.loop) >= 1);
    assert_true(loop_longest_us(probe.loop) >= 12000);
    loop_close(probe.loop);
    log_setup(LOG_INFO, false);
    (void)state;
}

static bool nap_then_stop(struct probe *probe)
{
    if (probe->steps == 2)
        loop_stop(probe->loop);
    return false;
}

// One sleep of 200 ms is one voluntary switch, and a few at most for what
// starts and ends; a loop that ticked would have many.
static void a_waiting_loop_does_not_tick(void **state)
{
    struct rusage before, later;
    getrusage(RUSAGE_THREAD, &before);
    struct probe probe = { .act = nap_then_stop, .patience = 200 };
    run(&probe, NULL, NULL);
    getrusage(RUSAGE_THREAD, &later);
    assert_int_equal(probe.steps, 2);
    assert_true(later.ru_nvcsw - before.ru_nvcsw <= 8);
    loop_close(probe.loop);
    (void)state;
}

static bool wait_until_it_is_seen(struct probe *probe)
{
    // Another thread would ask; the answer is the same here.
    while (loop_stuck_ms(probe->loop) < 20)
        continue;
    loop_stop(probe->loop);
    return false;
}

static void a_turn_that_does_not_end_can_be_seen(void **state)
{
    (void)state;
    struct probe probe = { .act = wait_until_it_is_seen,
                           .patience = LOOP_FOR_EVER };
    run(&probe, NULL, NULL);
    assert_int_equal(probe.steps, 1);
    loop_close(probe.loop);
}

// In libuv's place: a busy machine that lets time pass between the setting of
// a timer and the waiting for it.
static unsigned late_ms;

int uv_timer_start(uv_timer_t *timer, uv_timer_cb done, uint64_t timeout,
                   uint64_t repeat)
{
    int (*real)(uv_timer_t *, uv_timer_cb, uint64_t, uint64_t);
    void *found = dlsym(RTLD_NEXT, "uv_timer_start");
    assert_non_null(found);
    memcpy(&real, &found, sizeof real);
    int result = real(timer, done, timeout, repeat);
    struct timespec pause = { .tv_nsec = (long)late_ms * 1000000 };
    nanosleep(&pause, NULL);
    return result;
}

static bool stop_at_third_turn(struct probe *probe)
{
    if (probe->steps == 3)
        loop_stop(probe->loop);
    return false;
}

static void patience_that_is_over_before_the_wait_is_no_endless_one(
    void **state)
{
    (void)state;
    struct probe probe = { .act = stop_at_third_turn, .patience = 1 };
    late_ms = 20;
    run(&probe, NULL, NULL);
    late_ms = 0;
    assert_int_equal(probe.steps, 3);
    loop_close(probe.loop);
}

static void a_loop_that_never_ran_can_be_closed(void **state)
{
    struct loop *loop = loop_open();
    assert_non_null(loop);
    loop_wake(loop);
    loop_close(loop);
    loop_close(NULL);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_thread_wakes_a_loop_with_endless_patience),
        cmocka_unit_test(a_turn_follows_when_patience_is_over),
        cmocka_unit_test(more_to_do_needs_no_patience),
        cmocka_unit_test(work_without_end_does_not_starve_signals),
        cmocka_unit_test(a_signal_before_the_loop_runs_stops_it),
        cmocka_unit_test(hangup_reloads_and_interrupt_stops),
        cmocka_unit_test(a_second_signal_ends_the_process_at_once),
        cmocka_unit_test(a_job_runs_elsewhere_and_ends_here),
        cmocka_unit_test(jobs_under_way_end_before_the_loop_returns),
        cmocka_unit_test(a_slow_step_is_counted),
        cmocka_unit_test(many_slow_steps_make_few_lines),
        cmocka_unit_test(a_waiting_loop_does_not_tick),
        cmocka_unit_test(a_turn_that_does_not_end_can_be_seen),
        cmocka_unit_test(
            patience_that_is_over_before_the_wait_is_no_endless_one),
        cmocka_unit_test(a_loop_that_never_ran_can_be_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
