// What programs in C are made of: nothing of it needs a repair.
typedef unsigned int u32;
enum state { on, off = -1 };
struct list {
  struct list *next, *prev;
};
struct task {
  const volatile int pid;
  u32 flags : 3, rest : 29;
  enum state state;
  union {
    long number;
    struct {
      char byte;
      _Bool flag;
    };
  };
  struct list tasks;
  int (*callback)(struct task*, int, ...);
  struct opaque* opaque;
  double real;
  char comm[2][16];
  char name[];
};

struct {
  int (*type)[1];
  u32* key;
} map __attribute__((section(".maps")));
static u32 counter;

static __attribute__((noinline)) u32 next(struct task* task, u32 step) {
  static u32 calls;
  calls += step;
  return task->flags + task->name[calls] + ++counter;
}

__attribute__((section("xdp"))) int program(void* context) {
  return next(context, 1) + next(context, 2);
}
