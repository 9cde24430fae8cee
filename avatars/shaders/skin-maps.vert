// The skin spread out over the chart; what lies in front wins.
layout(location = 4) in vec3 aRest;

out vec3 vRest;

void main() {
  vRest = aRest;
  gl_Position = vec4(chart(aRest) * 2.0 - 1.0, -0.4 * aRest.z, 1.0);
}
