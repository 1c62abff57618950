/* nbtrace.h - prints trace lines that nbtrace reads. C99 or C++11; nothing else is needed.
 *
 * Trace format 1. License: MIT, like nbtrace itself.
 *
 * In one source file of the program:
 *
 *     #define NBTRACE_IMPLEMENTATION
 *     #include "nbtrace.h"
 *
 * and in all others only the #include. Then, where a value is computed:
 *
 *     for (int step = 0; step < steps; ++step) {
 *         NBTRACE_AT("step", step);                    the turn that the lines below are of
 *         NBTRACE("T_K", temperature, "K");            one number; "" where it has no unit
 *         NBTRACE_VECTOR("velocity", v, 3, "m/s");     a vector on one line: v is a double *
 *         NBTRACE_MATRIX("R", &r[0][0], 3, 3, "");     a matrix, row by row
 *         NBTRACE_OVER("cell", "p_Pa", p, n, "Pa");    an array, one line for each element
 *         NBTRACE_INT("iterations", count);            a whole number
 *         NBTRACE_TEXT("method", "euler");             a word
 *     }
 *     NBTRACE_LEAVE("step");                           what follows is of no step
 *
 * Nothing is printed unless the environment says where to:
 *
 *     NBTRACE_LOG=c.log ./program                      - is standard output; %p becomes the process id
 *
 * A value is not even computed where tracing is off: it costs a load and a branch, or nothing at all if the program is
 * compiled with -DNBTRACE_DISABLE. NBTRACE_PREFIX, a macro or an environment variable, is what lines begin with; it is
 * TRACE_C unless it says otherwise. Each line is written whole and at once, whichever thread prints it, so a crash loses
 * none. The current turn (NBTRACE_AT) is each thread's own. One log is of one process: give each its own file by %p.
 *
 * A log that exists is replaced if it is a trace log, and left alone if it is anything else.
 */
#ifndef NBTRACE_H
#define NBTRACE_H

#ifdef NBTRACE_DISABLE

#define NBTRACE_AT(loop, ordinal) ((void)sizeof(loop), (void)sizeof(ordinal))
#define NBTRACE_LEAVE(loop) ((void)sizeof(loop))
#define NBTRACE(key, value, unit) ((void)sizeof(key), (void)sizeof(value), (void)sizeof(unit))
#define NBTRACE_INT(key, value) ((void)sizeof(key), (void)sizeof(value))
#define NBTRACE_TEXT(key, text) ((void)sizeof(key), (void)sizeof(text))
#define NBTRACE_VECTOR(key, values, count, unit) \
    ((void)sizeof(key), (void)sizeof(*(values)), (void)sizeof(count), (void)sizeof(unit))
#define NBTRACE_VECTOR_F(key, values, count, unit) NBTRACE_VECTOR(key, values, count, unit)
#define NBTRACE_MATRIX(key, values, rows, columns, unit) \
    ((void)sizeof(rows), NBTRACE_VECTOR(key, values, columns, unit))
#define NBTRACE_MATRIX_F(key, values, rows, columns, unit) NBTRACE_MATRIX(key, values, rows, columns, unit)
#define NBTRACE_OVER(loop, key, values, count, unit) ((void)sizeof(loop), NBTRACE_VECTOR(key, values, count, unit))
#define NBTRACE_OVER_F(loop, key, values, count, unit) NBTRACE_OVER(loop, key, values, count, unit)
#define nbtrace_on() 0
#define nbtrace_log_to(name) ((void)sizeof(name), 0)
#define nbtrace_close() ((void)0)

#else /* tracing is compiled in */

#include <stddef.h>

#ifndef NBTRACE_PREFIX
#define NBTRACE_PREFIX "TRACE_C"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Begins a log in a file, as NBTRACE_LOG does; 0 if it could be opened. Not while other threads print lines. */
int nbtrace_log_to(const char *name);
/* Ends the log; what follows is not printed. Not while other threads print lines. */
void nbtrace_close(void);

/* What the macros call where tracing is on. */
extern int nbtrace_state;
int nbtrace_begin(void);
void nbtrace_at(const char *loop, long long ordinal);
void nbtrace_leave(const char *loop);
void nbtrace_number(const char *key, double value, const char *unit);
void nbtrace_whole(const char *key, long long value);
void nbtrace_word(const char *key, const char *text);
void nbtrace_doubles(const char *key, const double *values, size_t rows, size_t columns, const char *unit);
void nbtrace_floats(const char *key, const float *values, size_t rows, size_t columns, const char *unit);
void nbtrace_doubles_over(const char *loop, const char *key, const double *values, size_t count, const char *unit);
void nbtrace_floats_over(const char *loop, const char *key, const float *values, size_t count, const char *unit);

#ifdef __cplusplus
}
#endif

#if defined(__GNUC__) || defined(__clang__)
#define NBTRACE_LOAD_() __atomic_load_n(&nbtrace_state, __ATOMIC_ACQUIRE)
#else
#define NBTRACE_LOAD_() (*(volatile int *)&nbtrace_state)
#endif

/* 1 where tracing is on. The state is 1 on, 0 off, -1 not yet known, -2 while a thread opens the log. */
#define nbtrace_on() (NBTRACE_LOAD_() == 1 || (NBTRACE_LOAD_() < 0 && nbtrace_begin()))

#define NBTRACE_AT(loop, ordinal) (nbtrace_on() ? nbtrace_at(loop, ordinal) : (void)0)
#define NBTRACE_LEAVE(loop) (nbtrace_on() ? nbtrace_leave(loop) : (void)0)
#define NBTRACE(key, value, unit) (nbtrace_on() ? nbtrace_number(key, value, unit) : (void)0)
#define NBTRACE_INT(key, value) (nbtrace_on() ? nbtrace_whole(key, value) : (void)0)
#define NBTRACE_TEXT(key, text) (nbtrace_on() ? nbtrace_word(key, text) : (void)0)
#define NBTRACE_VECTOR(key, values, count, unit) (nbtrace_on() ? nbtrace_doubles(key, values, 1, count, unit) : (void)0)
#define NBTRACE_VECTOR_F(key, values, count, unit) \
    (nbtrace_on() ? nbtrace_floats(key, values, 1, count, unit) : (void)0)
#define NBTRACE_MATRIX(key, values, rows, columns, unit) \
    (nbtrace_on() ? nbtrace_doubles(key, values, rows, columns, unit) : (void)0)
#define NBTRACE_MATRIX_F(key, values, rows, columns, unit) \
    (nbtrace_on() ? nbtrace_floats(key, values, rows, columns, unit) : (void)0)
#define NBTRACE_OVER(loop, key, values, count, unit) \
    (nbtrace_on() ? nbtrace_doubles_over(loop, key, values, count, unit) : (void)0)
#define NBTRACE_OVER_F(loop, key, values, count, unit) \
    (nbtrace_on() ? nbtrace_floats_over(loop, key, values, count, unit) : (void)0)

#ifdef NBTRACE_IMPLEMENTATION

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <intrin.h>
#include <process.h>
#define NBTRACE_PID_() ((long)_getpid())
#else
#include <unistd.h>
#define NBTRACE_PID_() ((long)getpid())
#endif

#if defined(__cplusplus)
#define NBTRACE_OWN_ thread_local
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(_MSC_VER)
#define NBTRACE_OWN_ _Thread_local
#elif defined(_MSC_VER)
#define NBTRACE_OWN_ __declspec(thread)
#else
#define NBTRACE_OWN_ __thread
#endif

#if defined(__GNUC__) || defined(__clang__)
#define NBTRACE_STORE_(value) __atomic_store_n(&nbtrace_state, value, __ATOMIC_RELEASE)
static int nbtrace_claim_(void)
{
    int unknown = -1;
    return __atomic_compare_exchange_n(&nbtrace_state, &unknown, -2, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}
#else
#define NBTRACE_STORE_(value) ((void)_InterlockedExchange((volatile long *)&nbtrace_state, value))
static int nbtrace_claim_(void)
{
    return _InterlockedCompareExchange((volatile long *)&nbtrace_state, -2, -1) == -1;
}
#endif

enum {
    NBTRACE_LINE_ = 4096,  /* characters of the longest line that is read */
    NBTRACE_NAME_ = 1024,  /* of the name of a log */
    NBTRACE_LOOPS_ = 16,   /* loops within one another */
    NBTRACE_WORD_ = 64     /* characters of a loop's name */
};

typedef struct {
    char text[NBTRACE_LINE_ + 1];
    size_t used;
    int full;
} nbtrace_line_;

typedef struct {
    char loop[NBTRACE_WORD_];
    long long ordinal;
} nbtrace_turn_;

int nbtrace_state = -1;
static FILE *nbtrace_file_ = NULL;
static char nbtrace_prefix_[NBTRACE_WORD_];
static NBTRACE_OWN_ nbtrace_turn_ nbtrace_turns_[NBTRACE_LOOPS_];
static NBTRACE_OWN_ int nbtrace_depth_ = 0;

static void nbtrace_put_(nbtrace_line_ *line, const char *text)
{
    size_t size = strlen(text);
    if (size > NBTRACE_LINE_ - 1 - line->used) { /* the line end needs one */
        line->full = 1;
        return;
    }
    memcpy(line->text + line->used, text, size + 1);
    line->used += size;
}

static int nbtrace_is_word_(char letter)
{
    return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z') ||
           letter == '_' || (unsigned char)letter >= 128;
}

/* A name: what cannot stand in one becomes _. */
static void nbtrace_put_name_(nbtrace_line_ *line, const char *name)
{
    char one[2] = {0, 0};
    if (!nbtrace_is_word_(*name) || (*name >= '0' && *name <= '9')) {
        nbtrace_put_(line, "_");
    }
    for (; *name; ++name) {
        one[0] = nbtrace_is_word_(*name) ? *name : '_';
        nbtrace_put_(line, one);
    }
}

/* A number with all its bits, whatever the locale and the compiler's idea of nan. */
static void nbtrace_put_number_(nbtrace_line_ *line, double value)
{
    unsigned long long bits;
    char printed[64], *from, *to;
    memcpy(&bits, &value, sizeof bits);
    if ((bits >> 52 & 0x7ff) == 0x7ff) {
        nbtrace_put_(line, (bits & 0xfffffffffffffULL) ? "nan" : (bits >> 63) ? "-inf" : "inf");
        return;
    }
    snprintf(printed, sizeof printed, "%.17g", value);
    for (from = to = printed; *from; ++from) {
        if ((*from >= '0' && *from <= '9') || *from == '-' || *from == '+' || *from == 'e') {
            *to++ = *from;
        } else if (to == printed || to[-1] != '.') {
            *to++ = '.'; /* the locale's decimal sign, of one byte or of several */
        }
    }
    *to = 0;
    nbtrace_put_(line, printed);
}

static void nbtrace_open_line_(nbtrace_line_ *line, const char *loop, long long ordinal, const char *key)
{
    char printed[32];
    int turn;
    line->used = 0;
    line->full = 0;
    nbtrace_put_(line, nbtrace_prefix_);
    nbtrace_put_(line, " ");
    for (turn = 0; turn < nbtrace_depth_; ++turn) {
        nbtrace_put_name_(line, nbtrace_turns_[turn].loop);
        snprintf(printed, sizeof printed, "=%lld ", nbtrace_turns_[turn].ordinal);
        nbtrace_put_(line, printed);
    }
    if (loop) {
        nbtrace_put_name_(line, loop);
        snprintf(printed, sizeof printed, "=%lld ", ordinal);
        nbtrace_put_(line, printed);
    }
    nbtrace_put_name_(line, key);
}

static void nbtrace_end_line_(nbtrace_line_ *line, const char *loop, long long ordinal, const char *key,
                              const char *unit)
{
    if (unit && *unit) {
        nbtrace_put_(line, " ");
        nbtrace_put_(line, unit);
    }
    if (line->full) { /* a key without a value: nbtrace reports it as a value that is lost */
        fprintf(stderr, "nbtrace.h: %s does not fit on a line; print it with NBTRACE_OVER\n", key);
        nbtrace_open_line_(line, loop, ordinal, key);
    }
    line->text[line->used++] = '\n';
    /* One call writes a line, and every call locks the file: lines of threads do not mix. */
    if (fwrite(line->text, 1, line->used, nbtrace_file_) != line->used || fflush(nbtrace_file_) != 0) {
        perror("nbtrace.h: the log cannot be written and ends here");
        NBTRACE_STORE_(0);
    }
}

/* Whether an open file holds something that is no trace log. */
static int nbtrace_is_foreign_(FILE *file)
{
    static const char mark[] = "TRACE_FORMAT";
    char begin[sizeof mark - 1];
    if (fseek(file, 0, SEEK_END) != 0 || ftell(file) <= 0) {
        return 0; /* empty, or a pipe or a terminal */
    }
    rewind(file);
    return fread(begin, 1, sizeof begin, file) != sizeof begin || memcmp(begin, mark, sizeof begin) != 0;
}

static FILE *nbtrace_open_(const char *name)
{
    FILE *file;
    int foreign;
    if (strcmp(name, "-") == 0) {
        return stdout;
    }
    file = fopen(name, "a+");
    if (!file) {
        return NULL;
    }
    foreign = nbtrace_is_foreign_(file);
    fclose(file);
    if (foreign) {
        fprintf(stderr, "nbtrace.h: %s exists and is no trace log; nothing is traced\n", name);
        return NULL;
    }
    file = fopen(name, "w");
    if (file) {
        fclose(file);
        file = fopen(name, "a");
    }
    return file;
}

/* The name of a log, with the process id in place of %p. */
static void nbtrace_named_(char *name, size_t size, const char *given)
{
    const char *mark = strstr(given, "%p");
    if (mark) {
        snprintf(name, size, "%.*s%ld%s", (int)(mark - given), given, NBTRACE_PID_(), mark + 2);
    } else {
        snprintf(name, size, "%s", given);
    }
}

static int nbtrace_start_(const char *given)
{
    char name[NBTRACE_NAME_];
    const char *prefix = getenv("NBTRACE_PREFIX");
    size_t size;
    prefix = prefix && *prefix ? prefix : NBTRACE_PREFIX;
    nbtrace_named_(name, sizeof name, given);
    snprintf(nbtrace_prefix_, sizeof nbtrace_prefix_ - 1, "%s", prefix);
    size = strlen(nbtrace_prefix_);
    if (size && nbtrace_is_word_(nbtrace_prefix_[size - 1])) {
        memcpy(nbtrace_prefix_ + size, ":", 2);
    }
    nbtrace_file_ = nbtrace_open_(name);
    if (!nbtrace_file_ || fputs("TRACE_FORMAT 1\n", nbtrace_file_) < 0 || fflush(nbtrace_file_) != 0) {
        fprintf(stderr, "nbtrace.h: no log in %s\n", name);
        return 0;
    }
    return 1;
}

int nbtrace_begin(void)
{
    if (nbtrace_claim_()) {
        const char *given = getenv("NBTRACE_LOG");
        NBTRACE_STORE_(given && *given ? nbtrace_start_(given) : 0);
    }
    while (NBTRACE_LOAD_() == -2) {
        /* another thread is opening the log */
    }
    return NBTRACE_LOAD_() == 1;
}

int nbtrace_log_to(const char *name)
{
    nbtrace_close();
    NBTRACE_STORE_(nbtrace_start_(name));
    return NBTRACE_LOAD_() == 1 ? 0 : -1;
}

void nbtrace_close(void)
{
    NBTRACE_STORE_(0);
    if (nbtrace_file_ && nbtrace_file_ != stdout) {
        fclose(nbtrace_file_);
    }
    nbtrace_file_ = NULL;
}

/* The depth at which a loop stands, or that of none. */
static int nbtrace_depth_of_(const char *loop)
{
    int turn;
    for (turn = 0; turn < nbtrace_depth_; ++turn) {
        if (strncmp(nbtrace_turns_[turn].loop, loop, NBTRACE_WORD_ - 1) == 0) {
            break;
        }
    }
    return turn;
}

void nbtrace_at(const char *loop, long long ordinal)
{
    int turn = nbtrace_depth_of_(loop);
    if (turn == NBTRACE_LOOPS_) {
        fprintf(stderr, "nbtrace.h: the loop %s is within %d others, too many\n", loop, NBTRACE_LOOPS_);
        return;
    }
    snprintf(nbtrace_turns_[turn].loop, NBTRACE_WORD_, "%s", loop);
    nbtrace_turns_[turn].ordinal = ordinal;
    nbtrace_depth_ = turn + 1; /* the loops within it begin anew */
}

void nbtrace_leave(const char *loop)
{
    nbtrace_depth_ = nbtrace_depth_of_(loop);
}

void nbtrace_number(const char *key, double value, const char *unit)
{
    nbtrace_doubles(key, &value, 1, 1, unit);
}

void nbtrace_whole(const char *key, long long value)
{
    char printed[32];
    nbtrace_line_ line;
    nbtrace_open_line_(&line, NULL, 0, key);
    snprintf(printed, sizeof printed, " %lld", value);
    nbtrace_put_(&line, printed);
    nbtrace_end_line_(&line, NULL, 0, key, "");
}

void nbtrace_word(const char *key, const char *text)
{
    char one[2] = {0, 0};
    nbtrace_line_ line;
    nbtrace_open_line_(&line, NULL, 0, key);
    nbtrace_put_(&line, " ");
    nbtrace_put_(&line, *text ? "" : "empty");
    for (; *text; ++text) {
        one[0] = (unsigned char)*text < 32 || *text == 127 || *text == '=' ? '_' : *text;
        nbtrace_put_(&line, one);
    }
    nbtrace_end_line_(&line, NULL, 0, key, "");
}

static void nbtrace_array_(const char *key, const double *doubles, const float *floats, size_t rows, size_t columns,
                           const char *unit)
{
    size_t row, column, at;
    nbtrace_line_ line;
    nbtrace_open_line_(&line, NULL, 0, key);
    nbtrace_put_(&line, rows > 1 ? " [" : " ");
    nbtrace_put_(&line, rows && columns ? "" : "empty");
    for (row = 0; row < rows && !line.full; ++row) {
        for (column = 0; column < columns && !line.full; ++column) {
            at = row * columns + column;
            nbtrace_put_(&line, column ? " " : row ? "; " : "");
            nbtrace_put_number_(&line, doubles ? doubles[at] : (double)floats[at]);
        }
    }
    nbtrace_put_(&line, rows > 1 ? "]" : "");
    nbtrace_end_line_(&line, NULL, 0, key, rows && columns ? unit : "");
}

void nbtrace_doubles(const char *key, const double *values, size_t rows, size_t columns, const char *unit)
{
    nbtrace_array_(key, values, NULL, rows, columns, unit);
}

void nbtrace_floats(const char *key, const float *values, size_t rows, size_t columns, const char *unit)
{
    nbtrace_array_(key, NULL, values, rows, columns, unit);
}

static void nbtrace_element_(const char *loop, size_t at, const char *key, double value, const char *unit)
{
    nbtrace_line_ line;
    nbtrace_open_line_(&line, loop, (long long)at, key);
    nbtrace_put_(&line, " ");
    nbtrace_put_number_(&line, value);
    nbtrace_end_line_(&line, loop, (long long)at, key, unit);
}

void nbtrace_doubles_over(const char *loop, const char *key, const double *values, size_t count, const char *unit)
{
    size_t at;
    for (at = 0; at < count; ++at) {
        nbtrace_element_(loop, at, key, values[at], unit);
    }
}

void nbtrace_floats_over(const char *loop, const char *key, const float *values, size_t count, const char *unit)
{
    size_t at;
    for (at = 0; at < count; ++at) {
        nbtrace_element_(loop, at, key, (double)values[at], unit);
    }
}

#endif /* NBTRACE_IMPLEMENTATION */
#endif /* tracing is compiled in */
#endif /* NBTRACE_H */
