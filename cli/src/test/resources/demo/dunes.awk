# Draws dunes: for every column the height of three crests, the nearest one in front.
BEGIN {
  width = 72
  height = 20
  for (y = 1; y <= height; y++) {
    line = ""
    for (x = 0; x < width; x++) line = line shade(x, y)
    print line
  }
}

function shade(x, y,    far, middle, near) {
  far = 9 + 2 * sin(x / 11 + 1) + sin(x / 4)
  middle = 12 + 3 * sin(x / 9 + 4)
  near = 16 + 2 * sin(x / 13) + sin(x / 7 + 2)
  if (y > near) return "#"
  if (y > middle) return (y - middle < 2) ? "=" : "-"
  if (y > far) return "."
  if ((x - 57) * (x - 57) / 16 + (y - 4) * (y - 4) / 4 < 1) return "o"
  return " "
}
