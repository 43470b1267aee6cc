# ---- integers
print(7 // 2, -7 // 2, 7 % 3, -7 % 3, 7 % -3, 2 ** 10, 2 ** -1, 7 / 2, 6 / 3)
print(1 + 2 * 3, (1 + 2) * 3, -2 ** 2, 2 ** 3 ** 2, 10 - 3 - 2, 100 // 7 // 2)
print(1_000_000, 0xff, 0b101, 0o17, 5 & 3, 5 | 3, ~5, +3, -0)
# ---- floats
print(0.1 + 0.2, 1e16, 1e15, 1.5e-7, 1e-5, 0.0001, 1e22, 3.0, -0.0, 1/3)
print(1e300 * 1e10, -1e300 * 1e10, float("nan"), float("inf"))
print(7.5 // 2, 7.5 % 2, -7.5 % 2, -7.5 // 2, 2 ** 0.5, 1e3, 123456789.123)
print(.5, 5., 1.e3, 1_0.5, 2.5e+3)
# ---- comparisons
x = 5
print(1 < x < 10, 1 < x > 7, x == 5 != 6, x is None, x is not None, None is None)
print(1 == 1.0, "a" < "b", [1, 2] < [1, 3], (1, 2) == (1, 2), [1] == (1,), 3 in [1, 2, 3], 4 not in (1, 2), "el" in "hello")
print(True == 1, True + True, not 0, not "", not [1])
# ---- short circuit
def f(x):
    print("called", x)
    return x
print(f(0) and f(1), f(2) or f(3), f(0) or f(4), f(5) and f(6))
print(not f(0), 1 if f(0) else 2)
# ---- conditional expressions
for n in range(-1, 2):
    print("neg" if n < 0 else "zero" if n == 0 else "pos")
# ---- while, break, continue, else
n = 0
while True:
    n += 1
    if n == 2:
        continue
    if n > 5:
        break
    print(n, end=" ")
print()
for i in range(3):
    pass
else:
    print("no break", i)
for i in range(3):
    if i == 1:
        break
else:
    print("never")
while n > 4:
    n -= 1
else:
    print("done", n)
# ---- nested loops
for i in range(3):
    for j in range(3):
        if j == i:
            continue
        if j > 1: break
        print(i, j)
# ---- ranges
print(list(range(5)), list(range(2, 8, 3)), list(range(5, 0, -2)), range(3), range(1, 5, 2), len(range(0, 10, 3)))
for i in range(10, 0, -4): print(i, end=",")
print(3 in range(5), 7 in range(0, 10, 2), range(10)[2], range(10)[-1], range(10)[2:5])
# ---- lists
a = [1, 2, 3]
a.append(4)
a[0] = 10
a += [5, 6]
print(a, len(a), a[-1], a[1:3], a[::-1], a[::2], a[-3:], a[10:], a[:-1])
b = a
b[1] = 99
print(a[1], a is b, a + [7], [0] * 3, 2 * [1, 2])
a.extend((8, 9)); a.insert(0, -1); print(a.pop(), a.pop(0), a)
a.reverse(); print(a, a.index(99), a.count(3))
a.sort(); print(a)
del a[0]
print(a, sorted([3, 1, 2]), sorted([3, 1, 2], reverse=True), list(reversed([1, 2])))
# ---- tuples and unpacking
t = 1, 2, 3
a, b, c = t
(d, e), f = (4, 5), 6
[g, *h] = range(4)
*i, j = "abc"
k, *l, m = [1, 2]
print(a, b, c, d, e, f, g, h, i, j, k, l, m, t, (1,), ())
a, b = b, a
print(a, b)
x = y = [0]
x[0] += 1
print(x, y)
# ---- comprehensions
print([i * i for i in range(5)], [i for i in range(10) if i % 3 == 0], [x + y for x, y in [(1, 2), (3, 4)]])
x = [1, 2, 3]
print([x for x in x], x, sum(v for v in x), [[i * j for j in range(3)] for i in range(2)])
i = 7
print([i for i in range(2)], i)
# ---- zip, enumerate, min, max, sum
for i, (a, b) in enumerate(zip([1, 2, 3], "xyz")):
    print(i, a, b)
print(list(zip([1, 2], [3, 4, 5])), list(enumerate("ab", 1)), min(3, 1, 2), max([4, 9, 2]), sum([1, 2.5]), sum([[1], [2]], []))
print(any([0, 1]), all([1, 0]), all([]), abs(-3), abs(-2.5), max("a", "b"))
# ---- functions
def add(a, b=2, c=3):
    """What it does."""
    return a + b * c
print(add(1), add(1, 1), add(1, c=1), add(b=1, a=5, c=0))
def nothing():
    pass
print(nothing())
def fact(n):
    return 1 if n <= 1 else n * fact(n - 1)
print(fact(15))
def two():
    return 1, 2
a, b = two()
print(a, b)
# ---- functions see globals as they are when called
k = 1
def f(x): return x * k
print(f(3))
k = 10
print(f(3))
def g(x):
    k = 5
    return f(x) + k
print(g(1), k)
# ---- early return in loops
def find(xs, x):
    for i, v in enumerate(xs):
        if v == x:
            return i
    return -1
print(find([5, 6, 7], 6), find([], 1))
# ---- lambda
f = lambda x, y=1: x + y
print(f(1), f(1, 5), (lambda: 3)())
ops = [lambda x: x + 1, lambda x: x * 2]
print([g(10) for g in ops])
# ---- strings
s = "héllo 世界"
print(len(s), s[1], s[-1], s[::-1], s[6:], s + "!", "ab" * 3, "-" * 10, "Ab1".upper(), "Ab1".lower())
print('a\tb\\n', r"raw\n", "tab\there", 'it''s', "q'q", 'say "hi"', "\x41\u4e16")
print(["a'b", 'c"d', "e\n"], repr("x"), str(1.0) + "x")
print("""triple
quoted""", '''also''')
print(",".join(["a", "b"]), "a,b,c".split(","), " x y ".strip(), " x  y ".split(), "abc".replace("b", "X"), "abc".startswith("ab"))
print("x".ljust(3) + "|", "x".rjust(3), "x".center(5, "*"))
# ---- f-strings
x, name = 3.14159, "pi"
print(f"{x}", f"{x:.2f}", f"{x:8.3f}|", f"{x:<8.2f}|", f"{x:^9.1f}|", f"{x:+.1f}", f"{x:e}", f"{x:.3e}", f"{x:g}", f"{name!r}", f"{name:>5}|")
print(f"{42:5d}|{42:<5}|{42:05d}|{42:x}|{42:#b}|{-42:06d}|{1234567:,}", f"{0.256:.1%}", f"{{}}", f"{1+1}", f"{name + '!'}")
w = 10
print(f"{x:{w}.{2}f}", f"{x=}", f"{name=}", f"{True}", f"{None}", f"{[1, 2]}", f"{(1,)}")
print(f'{"nested"}' "joined", f"a" f"b{1}", f"{x:>{w}}")
# ---- percent and format
print("%d %5d|%-5d|%05d" % (1, 2, 3, 4), "%.3f" % 2.5, "%s and %r" % ("a", "b"), "%e" % 12345.678, "100%%", "%g" % 0.0001)
print("{} {}".format(1, "a"), "{0} {1} {0}".format("x", "y"), "{:.2f}|{:>5}|{n}".format(1.005, "r", n=3), "{{}}".format())
print("%s" % [1, 2], "%d" % 3.9, "%5.1f|" % 3.14159, "%+d" % 5)
# ---- general format of floats
for v in (1.0, 100.0, 1e6, 123456789.0, 0.00001234, 1e-10, 0.1, float("inf")):
    print(f"{v:.3}", f"{v:g}", f"{v:10}", f"{v:.0f}", f"{v:G}")
# ---- print options
print(1, 2, sep="-", end="!\n")
print()
print("a", end="")
print("b", None, sep=", ")
print([1, [2.0, "x"], (None, True)], sep="")
# ---- int, float, bool, str, round
print(int(3.9), int(-3.9), int("42"), int(" -7 "), float("1.5"), float("1e3"), bool(0), bool("a"), str(3), int(True))
print(round(2.5), round(3.5), round(2.675, 2), round(1234.567, 1), round(-0.5), round(7), round(1.23456, 3))
print(float("inf"), float("-inf"), int(), float(), str(), list("abc"), tuple([1]), bool())
# ---- math
print(math.pi, math.e, math.sqrt(2), math.exp(1), math.log(10), math.log(8, 2), math.sin(1.0), math.floor(2.7), math.ceil(2.1))
print(math.log2(8), math.log10(1000), math.tanh(0.5), math.atan2(1, 2), math.isnan(math.nan), math.inf, math.pow(2, 3), math.fabs(-2))
import math
from math import sqrt, pi as PI
print(sqrt(16), PI)
# ---- lines joined
total = (1 +
         2 +
         3)
total2 = 1 + \
    2
print(total, total2, [
    1,
    2,
])
if (total == 6 and
        total2 == 3):
    print("ok"); print("same line")
# ---- comments and blank lines

# a comment
x = 1  # behind

if x:

    # inside
    print("x")

  # oddly indented comment
print("end")
# ---- Chinese names
损失 = 3
def 平方(数):
    return 数 * 数
print(平方(损失), "损失")
# ---- del
x = 5
del x
print("gone")
print(x)
# ---- del several
a, b, c = 1, 2, [3, 4]
del a, c[0]
print(b, c)
# ---- assert that holds
assert 1 + 1 == 2
assert True, "never"
print("fine")
# ---- annotations
x: int = 3
def f(a: float, b: int = 2) -> float:
    return a * b
print(f(x))
# ---- is and identity
a = [1]
b = a
c = [1]
print(a is b, a is c, a == c, a is not c)
w = torch.ones(1)
v = w
print(v is w, id(v) == id(w), id(w) == id(torch.ones(1)) and False)
# ---- augmented assignment of numbers and lists
n = 10
n += 5; n -= 3; n *= 2; n //= 5; n **= 2; n %= 7
print(n)
f = 7
f /= 2
print(f)
l = [1]
m = l
l += [2]
print(m)
l = l + [3]
print(m, l)
# ---- elif chain
for n in [1, 2, 3, 4]:
    if n == 1:
        print("one")
    elif n == 2:
        print("two")
    elif n == 3:
        print("three")
    else:
        print("many")
# ---- recursion, two functions
def even(n): return True if n == 0 else odd(n - 1)
def odd(n): return False if n == 0 else even(n - 1)
print(even(10), odd(7))
# ---- fibonacci and primes
a, b = 0, 1
out = []
while a < 100:
    out.append(a)
    a, b = b, a + b
print(out)
print([n for n in range(2, 40) if all([n % d for d in range(2, n)])])
# ---- sorting by hand
xs = [5, 2, 9, 1]
for i in range(len(xs)):
    for j in range(len(xs) - 1 - i):
        if xs[j] > xs[j + 1]:
            xs[j], xs[j + 1] = xs[j + 1], xs[j]
print(xs)
# ---- slices with steps
x = list(range(10))
print(x[2:8:2], x[8:2:-2], x[::-3], x[-1:-5:-1], x[5::-1], x[:5:-1], "abcdef"[4:1:-1])
# ---- truth
print(bool([]), bool([0]), bool(""), bool(None), bool(0.0), bool(()), [] or "empty", [1] and "full")
# ---- lists that change while they are unpacked
l = [[1, [2, 3]], 5]
(l[0], x), y = l
print(l, x, y)
l = [1, [5, 6, 7], "abc" * 3]
d = [0]
d[l.clear() or 0], x, y = l
print(d, x, y, l)
# ---- defaults are made once
l = []
def f(a=l.append(1), b=torch.ones(300, 300).sum()):
    return 1
g = lambda a=l.append(2), b=torch.ones(300, 300).sum(): 1
print(l, f(), g())
# ---- sorting nothing
x = []
x.sort()
print(x, sorted([]), sorted(()))
# ---- deleting nothing
x = 1
del ()
print("x" in "xy")
