# Writes photo.pgm and another.pgm: flat heads and shoulders of two who are nobody, and words that say
# what they are. Python 3, no packages.
FONT = {
    "A": "0E11 1111 1F11 11", "C": "0E11 1010 1011 0E", "D": "1C12 1111 1112 1C",
    "E": "1F10 101E 1010 1F", "I": "0E04 0404 0404 0E", "L": "1010 1010 1010 1F",
    "N": "1111 1915 1311 11", "O": "0E11 1111 1111 0E", "R": "1E11 111E 1412 11",
    "T": "1F04 0404 0404 04", "U": "1111 1111 1111 0E", "V": "1111 1111 110A 04",
}
W, H = 378, 472
rows = []
def draw(another):
    rows[:] = [bytearray([200] * W) for _ in range(H)]
    for y in range(H):
        for x in range(W):
            head = ((x - 189) / 78) ** 2 + ((y - 165) / 100) ** 2 < 1
            shoulders = y > 280 and ((x - 189) / 165) ** 2 + ((y - 472) / 190) ** 2 < 1
            if another:
                # Long hair around a narrow face, narrow shoulders, a neck.
                hair = ((x - 189) / 112) ** 2 + ((y - 190) / 130) ** 2 < 1
                face = ((x - 189) / 58) ** 2 + ((y - 190) / 82) ** 2 < 1
                neck = abs(x - 189) < 26 and 250 < y < 360
                shoulders = y > 330 and ((x - 189) / 120) ** 2 + ((y - 472) / 140) ** 2 < 1
                if shoulders: rows[y][x] = 90
                if hair: rows[y][x] = 40
                if face or neck: rows[y][x] = 165
            elif head or shoulders:
                rows[y][x] = 120
def write(text, top, scale):
    left = (W - (6 * len(text) - 1) * scale) // 2
    for at, letter in enumerate(text):
        for y, bits in enumerate(bytes.fromhex(FONT.get(letter, "00" * 7))):
            for x in range(5):
                if bits >> (4 - x) & 1:
                    for dy in range(scale):
                        begin = left + (6 * at + x) * scale
                        row = rows[top + y * scale + dy]
                        row[begin:begin + scale] = bytes(scale)
for name, another in ("photo.pgm", False), ("another.pgm", True):
    draw(another)
    write("VIRTUAL", 20, 8)
    write("NOT A REAL CARD", 430, 4)
    open(name, "wb").write(b"P5\n%d %d\n255\n" % (W, H) + b"".join(rows))
