import torch

x = torch.tensor([[-2.], [-1.], [1.], [2.]])
t = torch.tensor([[2.], [1.], [1.], [2.]])      # 目标：|x|
w1 = torch.tensor([[1., -0.5]], requires_grad=True)
w2 = torch.tensor([[0.5], [1.]], requires_grad=True)

for step in range(5):
    h = torch.relu(x @ w1)
    损失 = ((h @ w2 - t) ** 2).mean()
    损失.backward()
    print(f"第 {step} 步：损失 {损失.item():.4f}")
    with torch.no_grad():
        w1 -= 0.1 * w1.grad
        w2 -= 0.1 * w2.grad
    w1.grad.zero_()
    w2.grad.zero_()

print(torch.relu(x @ w1) @ w2)
