// Drawn once: how strands of hair differ. Across, 16 units of a strip's u; along, 4 dm of it.
in vec2 vAt;
out vec4 oColour;

void main() {
  vec2 at = vAt * vec2(16.0, 4.0);
  float fine = noise(vec3(at.x * 5.2, at.y * 0.55, 3.0)) * 0.55
             + noise(vec3(at.x * 13.0, at.y * 0.9, 1.0)) * 0.45;
  oColour = vec4(fine, noise(vec3(at.x * 1.6, at.y * 0.4, 7.0)), 0.0, 1.0);
}
