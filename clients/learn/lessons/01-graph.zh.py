import torch

# y = (x + w) * (w + 1)，每行只走一小步
w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

a = x + w
b = w + 1
y = a * b

print("a 和 b:", a, b)
print("y:", y)
print("w:", w)
