// What Debian's libstdc++ and libgcc_s, which are built for glibc, ask of the C library beyond musl 1.2. The runtime for musl needs both
// libraries. For tests only. It takes the name of glibc's loader, which they name as a dependency.
typedef unsigned long size_t;
extern void *malloc(size_t);
extern void free(void *);
extern void *memcpy(void *, const void *, size_t);
extern void *memset(void *, int, size_t);
extern int getentropy(void *, size_t);
extern int pthread_key_create(unsigned *, void (*)(void *));
extern int pthread_setspecific(unsigned, const void *);
extern void *pthread_getspecific(unsigned);

char __libc_single_threaded = 0;
unsigned __cpu_model[4];
int __cpu_indicator_init(void) { return 0; }

int __pthread_key_create(unsigned *key, void (*destructor)(void *)) { return pthread_key_create(key, destructor); }

unsigned arc4random(void) {
  unsigned value;
  getentropy(&value, sizeof value);
  return value;
}

extern size_t strftime_l(char *, size_t, const char *, const void *, void *);
size_t __strftime_l(char *s, size_t n, const char *format, const void *time, void *locale) { return strftime_l(s, n, format, time, locale); }

// Destructors of thread_local variables.
struct destructor {
  void (*run)(void *);
  void *object;
  struct destructor *next;
};
static unsigned destructors;
static int is_ready;

static void run_all(void *first) {
  for (struct destructor *one = first, *next; one; one = next) {
    next = one->next;
    one->run(one->object);
    free(one);
  }
}

__attribute__((constructor)) static void initialize(void) {
  if (!is_ready)
    pthread_key_create(&destructors, run_all);
  is_ready = 1;
}

int __cxa_thread_atexit_impl(void (*run)(void *), void *object, void *library) {
  initialize();
  struct destructor *one = malloc(sizeof *one);
  one->run = run;
  one->object = object;
  one->next = pthread_getspecific(destructors);
  return pthread_setspecific(destructors, one);
}

// Where the unwinder finds the tables of the code at an address.
struct program_header { unsigned type, flags; unsigned long offset, address, physical, file_size, memory_size, alignment; };
struct loaded { unsigned long base; const char *name; const struct program_header *headers; unsigned short count; };
struct found { unsigned long long flags; void *start, *end, *link_map, *tables; unsigned long long reserved[7]; };
struct search { unsigned long address; struct found *result; };
extern int dl_iterate_phdr(int (*)(struct loaded *, size_t, void *), void *);

static int look(struct loaded *object, size_t size, void *data) {
  struct search *search = data;
  unsigned long start = 0, end = 0, tables = 0;
  for (int i = 0; i < object->count; i++) {
    const struct program_header *header = &object->headers[i];
    unsigned long at = object->base + header->address;
    if (header->type == 1 && search->address >= at && search->address < at + header->memory_size) { // PT_LOAD
      start = at;
      end = at + header->memory_size;
    }
    if (header->type == 0x6474e550) // PT_GNU_EH_FRAME
      tables = at;
  }
  if (!start || !tables)
    return 0;
  search->result->flags = 0;
  search->result->start = (void *)start;
  search->result->end = (void *)end;
  search->result->link_map = 0;
  search->result->tables = (void *)tables;
  return 1;
}

int _dl_find_object(void *address, struct found *result) {
  struct search search = {(unsigned long)address, result};
  return dl_iterate_phdr(look, &search) ? 0 : -1;
}

// Locales: libstdc++ reads glibc's tables out of the structure.
extern void *newlocale(int, const char *, void *);
extern void freelocale(void *);
extern const unsigned short **__ctype_b_loc(void);
extern const int **__ctype_tolower_loc(void), **__ctype_toupper_loc(void);

void *__newlocale(int mask, const char *name, void *base) {
  void *locale = newlocale(0x3f, name, 0);
  if (!locale)
    return 0;
  char *copy = malloc(512);
  memset(copy, 0, 512);
  memcpy(copy, locale, 48);
  *(const void **)(copy + 104) = *__ctype_b_loc();
  *(const void **)(copy + 112) = *__ctype_tolower_loc();
  *(const void **)(copy + 120) = *__ctype_toupper_loc();
  for (int i = 0; i < 13; i++)
    *(const char **)(copy + 128 + 8 * i) = "C";
  return copy;
}

void *__duplocale(void *locale) {
  char *copy = malloc(512);
  memcpy(copy, locale, 512);
  return copy;
}

void __freelocale(void *locale) { free(locale); }

// For Debian's OpenSSL, which test code uses.
typedef __builtin_va_list arguments;
extern char *strcat(char *, const char *);
extern int vsprintf(char *, const char *, arguments), vfprintf(void *, const char *, arguments);
void *__memcpy_chk(void *to, const void *from, size_t n, size_t room) { return memcpy(to, from, n); }
void *__memset_chk(void *to, int byte, size_t n, size_t room) { return memset(to, byte, n); }
char *__strcat_chk(char *to, const char *from, size_t room) { return strcat(to, from); }
int __vfprintf_chk(void *file, int flag, const char *format, arguments list) { return vfprintf(file, format, list); }
void __syslog_chk(int priority, int flag, const char *format, ...) {}
long __fdelt_chk(long descriptor) { return descriptor / 64; }
int getcontext(void *context) { return -1; }
int setcontext(void *context) { return -1; }
void makecontext(void *context, void (*run)(void), int count, ...) {}

int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...) {
  arguments list;
  __builtin_va_start(list, format);
  int result = vsprintf(to, format, list);
  __builtin_va_end(list);
  return result;
}

int __fprintf_chk(void *file, int flag, const char *format, ...) {
  arguments list;
  __builtin_va_start(list, format);
  int result = vfprintf(file, format, list);
  __builtin_va_end(list);
  return result;
}
