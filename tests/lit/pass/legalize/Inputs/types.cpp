// One of each that C++ has and BTF has not.
using u8 = unsigned char;
using u64 = unsigned long;

struct Base {
  long x;
  Base(long start) : x(start) {}
  virtual int method();
};
struct Empty {};
struct Virtual : virtual Empty {
  int own;
};
struct Derived : Base, Empty {
  static constexpr int kCount = 3;
  enum class Mode : u8 { off, on } mode;
  unsigned bits : 3;
  Derived() : Base(1) {}
};

template <class T, int N>
class Array {
 public:
  Array(T& first) : first_(first) {}
  T& first() { return first_; }

 private:
  T values_[N];
  T& first_;
  friend class Derived;
};
template <class T>
using Four = Array<T, 4>;

enum Wide : u64 { huge = 1ull << 40 };
enum class Declared : short;

struct All {
  Derived derived;
  Array<int, 3>* array;
  Four<u64>* alias;
  Wide wide;
  Declared* declared;
  decltype(nullptr) null;
  int Derived::* unused_member;
  int (Base::*unused_method)();
  char16_t utf16;
  char32_t utf32;
  _Complex float complex;
  __attribute__((vector_size(16))) int vector;
  int (&numbers)[4];
  u8&& moved;
  __int128 big;
  union {
    int integer;
    float real;
  };
  class Opaque* opaque;
  Virtual* is_virtual;
  void (*callback)(Derived&, int, ...);
};

bool operator<(const Base& a, const Base& b) { return a.x < b.x; }
bool operator>(const Base& a, const Base& b) { return a.x > b.x; }

template <class Function>
__attribute__((noinline)) static int call(Function& function, All& all, Array<int, 3>&, Virtual&) {
  return function(all.integer);
}

extern "C" __attribute__((section("xdp"))) int program(All& all, int, Array<int, 3>& array,
                                                       Virtual& is_virtual) {
  auto twice = [](int value) { return 2 * value; };
  return call(twice, all, array, is_virtual);
}
