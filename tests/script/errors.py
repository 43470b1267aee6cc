# ---- undefined name
print("before")
print(y)
# ---- division by zero
print(1)
x = 1 / 0
# ---- integer division by zero
x = 1 // 0
# ---- modulo by zero
x = 1 % 0
# ---- list index out of range
a = [1, 2]
print(a[2])
# ---- list assignment out of range
a = [1, 2]
a[5] = 1
# ---- add int and str
print(1 + "a")
# ---- add str and int
print("a" + 1)
# ---- call a number
x = 5
x()
# ---- no such attribute
x = torch.ones(2)
x.foo
# ---- no such function
torch.foo(1)
# ---- attribute of None
w = torch.ones(1, requires_grad=True)
w.grad.zero_()
# ---- missing argument
def f(a, b): return a
f(1)
# ---- too many arguments
def f(a): return a
f(1, 2)
# ---- unknown keyword
def f(a): return a
f(b=1)
# ---- twice the same argument
def f(a): return a
f(1, a=1)
# ---- too many values
a, b = 1, 2, 3
# ---- not enough values
a, b, c = 1, 2
# ---- unpack a number
a, b = 5
# ---- iterate a number
for i in 5:
    print(i)
# ---- local before assignment
def f():
    print(k)
    k = 1
f()
# ---- error inside a function
def f(x):
    y = x + 1
    return y / 0
print("go")
f(1)
# ---- assertion
assert 1 == 2, "one is not two"
# ---- assertion without words
assert 0
# ---- compare int and str
print(1 < "a")
# ---- len of a number
len(5)
# ---- int of nonsense
int("abc")
# ---- float of nonsense
float("abc")
# ---- math domain
math.sqrt(-1)
# ---- math log of zero
math.log(0)
# ---- empty max
max([])
# ---- pop from empty list
[].pop()
# ---- string index
print("abc"[5])
# ---- immutable tuple
t = (1, 2)
t[0] = 5
# ---- leaf in place
w = torch.tensor([1.], requires_grad=True)
print("made")
w.add_(1)
# ---- leaf in place by operator
w = torch.tensor([1.], requires_grad=True)
w += 1
# ---- leaf in place by index
w = torch.tensor([1., 2.], requires_grad=True)
w[0] = 5
# ---- backward twice
w = torch.tensor([1.], requires_grad=True)
y = w * w
y.backward()
print(w.grad)
y.backward()
# ---- backward of a vector
w = torch.ones(3, requires_grad=True)
(w * 2).backward()
# ---- backward without graph
x = torch.ones(1)
x.backward()
# ---- saved tensor modified
w = torch.ones(2, requires_grad=True)
a = w * 2
y = (a * a).sum()
a += 1
y.backward()
# ---- shapes do not broadcast
torch.ones(2, 3) + torch.ones(4)
# ---- matrix shapes
torch.ones(2, 3) @ torch.ones(2, 3)
# ---- view of wrong size
torch.ones(6).view(4, 2)
# ---- index out of range
x = torch.ones(3)
print(x[3])
# ---- too many indices
x = torch.ones(3)
print(x[0, 0])
# ---- truth of several
x = torch.ones(2)
if x:
    print("no")
# ---- item of several
torch.ones(2).item()
# ---- float of several
float(torch.ones(2))
# ---- iterate a scalar tensor
for x in torch.tensor(1.):
    print(x)
# ---- requires grad of integers
torch.tensor([1, 2], requires_grad=True)
# ---- requires_grad of a non-leaf
w = torch.ones(1, requires_grad=True)
y = w * 2
y.requires_grad = False
# ---- ragged list
torch.tensor([[1, 2], [3]])
# ---- grad of something unused
a = torch.ones(1, requires_grad=True)
b = torch.ones(1, requires_grad=True)
torch.autograd.grad(a * 2, b)
# ---- format of a vector
print(f"{torch.ones(2):.2f}")
# ---- tensor plus list
torch.ones(2) + "a"
# ---- retain_grad without grad
torch.ones(1).retain_grad()
# ---- wrong grad shape
w = torch.ones(2, requires_grad=True)
w.grad = torch.ones(3)
# ---- gradient of wrong shape
w = torch.ones(2, requires_grad=True)
(w * 2).backward(torch.ones(3))
# ---- dim out of range
torch.ones(2, 3).sum(dim=2)
# ---- not enough arguments for format
print("%d %d" % (1,))
# ---- too many arguments for format
print("%d" % (1, 2))
# ---- unknown format code
print(f"{1:q}")
# ---- deleting what is not there
del nope
# ---- keyword of print
print(1, foo=2)
# ---- unsupported power
print("a" ** 2)
# ---- negative of a string
print(-"a")
# ---- concatenate a list and a tuple
print([1] + (2,))
# ---- zero step
range(0, 5, 0)
# ---- slice step zero
[1, 2][::0]
# ---- join of numbers
",".join([1, 2])
# ---- sgd without lr
w = torch.ones(1, requires_grad=True)
torch.optim.SGD([w])
# ---- sgd with a bad lr
w = torch.ones(1, requires_grad=True)
torch.optim.SGD([w], lr=-1)
# ---- optimizer of nothing
torch.optim.Adam([], lr=1)
# ---- optimizer of a non-leaf
w = torch.ones(1, requires_grad=True)
torch.optim.SGD([w * 2], lr=0.1)
# ---- nesterov without momentum
w = torch.ones(1, requires_grad=True)
torch.optim.SGD([w], lr=0.1, nesterov=True)
# ---- write to a shape
x = torch.ones(2)
x.shape = 3
# ---- view of a leaf in place
w = torch.ones(3, requires_grad=True)
v = w[:2]
v += 1
# ---- error in a loop keeps what was printed
for i in range(5):
    print(i, 10 / (3 - i))
# ---- slice assignment that does not fit
x = torch.zeros(4)
x[1:3] = torch.ones(3)
# ---- in-place result of another shape
x = torch.ones(2)
x += torch.ones(3, 2)
# ---- in-place integer with float
x = torch.ones(2, dtype=torch.int64)
x += 0.5
